package pdf

import (
	"fmt"
	"strings"
)

// element is a node of the structure tree (ISO 32000-1, 14.7).
type element struct {
	tag    string
	lang   string
	parent *element
	kids   []kid
	object int
}

// kid is an element or a piece of a page's content.
type kid struct {
	element *element
	page    *Page
	mark    int
}

// Section is a place in the structure tree, under which content is put.
type Section struct{ element *element }

// Root returns the whole document's place.
func (d *Document) Root() Section { return Section{d.root} }

// Add adds a place of a standard structure type, such as H1, P or TD. Lang is
// its language where that is not the document's; else empty.
func (s Section) Add(tag, lang string) Section {
	e := &element{tag: tag, lang: lang, parent: s.element}
	s.element.kids = append(s.element.kids, kid{element: e})
	return Section{e}
}

// Mark draws what f draws as content of the place. Marks do not nest.
func (p *Page) Mark(s Section, f func()) {
	fmt.Fprintf(&p.content, "/%s << /MCID %d >> BDC\n", s.element.tag, len(p.marked))
	s.element.kids = append(s.element.kids, kid{page: p, mark: len(p.marked)})
	p.marked = append(p.marked, s.element)
	f()
	p.content.WriteString("EMC\n")
}

// Artifact draws what f draws as ornament, which is not read aloud.
func (p *Page) Artifact(f func()) {
	p.content.WriteString("/Artifact BMC\n")
	f()
	p.content.WriteString("EMC\n")
}

// structure writes the tree and returns its root's object.
func (d *Document) structure() int {
	root := d.reserve()
	d.number(d.root)
	d.element(d.root, root)
	var parents strings.Builder
	for i, p := range d.pages {
		all := make([]string, len(p.marked))
		for j, e := range p.marked {
			all[j] = ref(e.object)
		}
		fmt.Fprintf(&parents, "%d [%s] ", i, strings.Join(all, " "))
	}
	numbers := d.add(fmt.Sprintf("<< /Nums [%s] >>", parents.String()))
	d.set(root, fmt.Sprintf("<< /Type /StructTreeRoot /K %d 0 R /ParentTree %d 0 R /ParentTreeNextKey %d >>", d.root.object, numbers, len(d.pages)))
	return root
}

func (d *Document) number(e *element) {
	e.object = d.reserve()
	for _, k := range e.kids {
		if k.element != nil {
			d.number(k.element)
		}
	}
}

func (d *Document) element(e *element, parent int) {
	var kids strings.Builder
	for _, k := range e.kids {
		if k.element != nil {
			fmt.Fprintf(&kids, "%d 0 R ", k.element.object)
			d.element(k.element, e.object)
		} else {
			fmt.Fprintf(&kids, "<< /Type /MCR /Pg %d 0 R /MCID %d >> ", k.page.object, k.mark)
		}
	}
	lang := ""
	if e.lang != "" {
		lang = " /Lang " + text(e.lang)
	}
	d.set(e.object, fmt.Sprintf("<< /Type /StructElem /S /%s /P %d 0 R%s /K [%s] >>", e.tag, parent, lang, kids.String()))
}
