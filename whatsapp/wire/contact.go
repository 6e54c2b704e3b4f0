package wire

// contacts is the contacts[] of one value, found by any of its ids.
type contacts struct {
	body  []byte
	all   []contact
	byKey map[string]int
}

type contact struct {
	Contact
	at span
}

// read never fails: a contact adds to an element and is not one.
func (c *contacts) read(body []byte, v span) {
	c.body = body
	if !isArray(body, v) {
		return
	}
	if c.byKey == nil {
		c.byKey = make(map[string]int)
	}
	elements(body, v, func(_ int, v span, depth int) {
		if !isObject(body, v) || depth > maxDepth {
			return
		}
		k := contact{at: v}
		_ = decode(v.of(body), &k.Contact)
		for _, key := range []string{"u" + k.UserID, "w" + k.WAID, "p" + k.ParentUserID} {
			if _, taken := c.byKey[key]; !taken && len(key) > 1 {
				c.byKey[key] = len(c.all)
			}
		}
		c.all = append(c.all, k)
	})
}

// match finds the contact of e's person: by BSUID, which is exact, then by
// wa_id, then by the parent's. If e names nobody, a contact that stands alone
// is theirs.
func (c *contacts) match(e *Element) {
	if len(c.all) == 0 {
		return
	}
	var userID, waID, parent string
	switch {
	case e.Message != nil:
		userID, waID, parent = e.Message.FromUserID, e.Message.From, e.Message.FromParentUserID
	case e.Status != nil:
		userID, waID, parent = e.Status.RecipientUserID, e.Status.RecipientID, e.Status.RecipientParentUserID
	case e.Preference != nil:
		userID, waID, parent = e.Preference.UserID, e.Preference.WAID, e.Preference.ParentUserID
	default:
		return
	}
	for _, key := range []string{"u" + userID, "w" + waID, "p" + parent} {
		if i, ok := c.byKey[key]; ok && len(key) > 1 {
			c.set(e, i)
			return
		}
	}
	if userID == "" && waID == "" && parent == "" && len(c.all) == 1 && e.Kind != KindSystem {
		c.set(e, 0)
	}
}

func (c *contacts) set(e *Element, i int) {
	e.Contact = c.all[i].Contact
	e.ContactSlice = Slice{Offset: c.all[i].at.start, Bytes: c.all[i].at.of(c.body)}
}
