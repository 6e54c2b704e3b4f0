package business

import "assent/template"

// TemplateAlarms returns the alarms that a change of a template at Meta opens,
// and the kinds of those that it ends. A template that was not known before is
// the zero value.
func TemplateAlarms(before, after template.Template) (open []Alarm, ended []AlarmKind) {
	alarm := func(kind AlarmKind, holds Holds, detail string) {
		open = append(open, Alarm{Kind: kind, About: AboutTemplate(after.WABA, after.Name, after.Lang), Name: after.Name + " · " + after.Lang, Holds: holds, Detail: detail})
	}
	moved := before.Category != "" && before.Category != after.Category || after.Announced != "" && before.Announced != after.Announced
	switch {
	case after.Moved() && (moved || before.Name == ""), moved && after.Wanted == "":
		to := after.Category
		if after.Announced != "" {
			to += " → " + after.Announced
		}
		alarm(AlarmCategory, HoldsNothing, to)
	case before.Moved() && !after.Moved():
		ended = append(ended, AlarmCategory)
	}
	if before.Status != after.Status {
		switch after.Status {
		case "APPROVED", "PENDING", "DELETED":
			ended = append(ended, AlarmTemplate)
		case "REJECTED", "PAUSED", "DISABLED", "FLAGGED", "LIMIT_EXCEEDED", "LOCKED":
			alarm(AlarmTemplate, HoldsTemplates, after.Status+" "+after.Reason)
		}
	}
	if before.Quality != after.Quality {
		switch after.Quality {
		case "RED":
			alarm(AlarmQuality, HoldsNothing, after.Quality)
		case "GREEN", "YELLOW":
			ended = append(ended, AlarmQuality)
		}
	}
	return open, ended
}
