package optin_test

import (
	"maps"
	"slices"
	"time"

	"assent/consent"
)

// Partings in the model.

// leaves takes who was joined out of the tree of another.
func (b *being) leaves(w *being) {
	for _, x := range b.tree() {
		x.was = slices.DeleteFunc(x.was, func(o *being) bool { return o == w })
		x.flags = slices.DeleteFunc(x.flags, func(f word) bool { return f.joined == w })
	}
}

// from reports whether a yes was said by some and not by others.
func (s *stand) from(some, others map[string]bool) bool {
	shown := func(ids map[string]bool) bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(ids)), func(id string) bool { return s.by[id] })
	}
	return shown(some) && !shown(others)
}

// goes returns who goes, and what with: whoever was joined and is known by nothing
// but the one side, or else somebody new.
func (m *model) goes(who *being, mine, rest map[string]bool) (gone *being, ids map[string]bool) {
	members := who.tree()[1:]
	slices.SortFunc(members, func(a, b *being) int { return a.made - b.made })
	for _, w := range members {
		showed := map[string]bool{}
		for _, x := range w.tree() {
			for id := range x.showed {
				if who.ids[id] {
					showed[id] = true
				}
			}
		}
		if maps.Equal(showed, mine) || maps.Equal(showed, rest) {
			who.leaves(w)
			return w, showed
		}
	}
	some, other, numbers := false, false, 0
	for _, s := range who.stands {
		some = some || s.inForce() && s.from(mine, rest)
		other = other || s.inForce() && s.from(rest, mine)
	}
	for id := range rest {
		if isNumber(id) {
			numbers++
		}
	}
	if some && !other && numbers <= 1 && len(rest)-numbers <= 1 { // the record is theirs
		mine = rest
	}
	gone = m.newBeing()
	gone.reassigned = true
	return gone, mine
}

// part is an operator who says that an identifier is somebody else's (rule 22).
func (m *model) part(id string, at time.Time) {
	who := m.owner[id]
	mine, rest := map[string]bool{id: true}, maps.Clone(who.ids)
	delete(rest, id)
	before := map[string]stand{}
	for p, s := range who.stands {
		before[p] = *s
	}
	platform, reassigned := who.platform, who.reassigned
	under := m.under(who)
	for _, h := range m.halts { // those of the tree
		if !slices.Contains(under, h) && slices.Contains(who.tree(), h.whose) {
			under = append(under, h)
		}
	}
	all := maps.Clone(who.ids)
	gone, mine := m.goes(who, mine, rest)
	who.ids, gone.ids = map[string]bool{}, mine
	for id := range all {
		delete(m.latest, id)
		if m.owner[id] = who; mine[id] {
			m.owner[id], gone.showed[id] = gone, true
		} else {
			who.ids[id] = true
		}
	}
	gone.former = map[string]*being{}
	for id, by := range who.former {
		if slices.Contains(gone.tree(), by) {
			gone.former[id], m.owner[id] = by, gone
			delete(who.former, id)
		}
	}
	for _, side := range []struct{ x, other *being }{{who, gone}, {gone, who}} {
		m.keeps(side.x, side.other, before, platform, reassigned, under, at)
	}
	m.parted = append(m.parted, [2]*being{who, gone})
}

// keeps leaves one side of a parting what is theirs.
func (m *model) keeps(x, other *being, before map[string]stand, platform consent.PlatformFlag, reassigned bool, under []*halt, at time.Time) {
	x.relive()
	held, kept := false, false
	alive := map[string]bool{}
	for p, s := range x.stands {
		all := before[p]
		alive[p] = s.inForce()
		waits := !s.held.IsZero() && !s.held.Before(s.given)
		switch {
		case !s.inForce():
		case !all.ended.IsZero() && !after(s.given, all.ended): // what either said ended it
			x.change(p, func(s *stand) { s.ended = at })
			alive[p] = false
		case waits:
		case !s.from(x.ids, other.ids), !all.held.Before(s.given):
			x.change(p, func(s *stand) { s.held = at })
			held = true
		default:
			kept = true
		}
	}
	x.reassigned = x.reassigned || reassigned || held && !kept
	if platform == consent.PlatformStop && x.platform != consent.PlatformStop {
		x.says(word{to: consent.PlatformStop, at: at})
	}
	for _, h := range under {
		ended := map[string]bool{}
		for p := range h.ended {
			ended[p] = h.ended[p] && alive[p]
		}
		m.halts = append(m.halts, &halt{x, h.at, maps.Clone(x.ids), ended, h.only})
	}
}
