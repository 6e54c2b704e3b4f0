package business

import (
	"slices"
	"strings"
	"unicode"

	"assent/fault"
)

// Menu is what a chat with a number offers to tap: commands where somebody types a
// slash, and sentences in a chat that is still empty. A tap is sent as ordinary text.
type Menu struct {
	Commands []Command `json:"commands"`
	Prompts  []string  `json:"prompts"`
}

// Command is a command without its slash, and what it does.
type Command struct {
	Name string `json:"name"`
	Hint string `json:"hint"`
}

// Bounds of WhatsApp's.
const (
	MaxCommands    = 30
	maxCommandName = 32
	maxCommandHint = 256
	maxPrompts     = 4
	maxPrompt      = 80
)

// Empty reports whether the chat offers nothing.
func (m Menu) Empty() bool { return len(m.Commands) == 0 && len(m.Prompts) == 0 }

// Check returns what WhatsApp would refuse, or nil.
func (m Menu) Check() error {
	if len(m.Commands) > MaxCommands {
		return fault.Field("commands", "A chat has at most %d commands.", MaxCommands)
	}
	if len(m.Prompts) > maxPrompts {
		return fault.Field("prompts", "An empty chat shows at most %d sentences.", maxPrompts)
	}
	var names []string
	for _, c := range m.Commands {
		n, hint := len([]rune(c.Name)), len([]rune(c.Hint))
		switch {
		case n == 0 || n > maxCommandName || strings.ContainsFunc(c.Name, unfit):
			return fault.Field("commands", "A command is one word of at most %d letters and digits.", maxCommandName)
		case hint == 0 || hint > maxCommandHint || strings.ContainsFunc(c.Hint, unicode.IsControl):
			return fault.Field("commands", "Say in at most %d characters what each command does.", maxCommandHint)
		case slices.Contains(names, strings.ToLower(c.Name)):
			return fault.Field("commands", "Each command stands there once.")
		}
		names = append(names, strings.ToLower(c.Name))
	}
	for _, p := range m.Prompts {
		if n := len([]rune(p)); n == 0 || n > maxPrompt || strings.ContainsFunc(p, picture) {
			return fault.Field("prompts", "A sentence has at most %d characters, and no pictures.", maxPrompt)
		}
	}
	return nil
}

// unfit reports whether a rune has no place in a command.
func unfit(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && r != '_'
}

// picture reports whether a rune is an emoji, or cannot be seen.
func picture(r rune) bool { return unicode.Is(unicode.So, r) || r > 0x1F000 || unicode.IsControl(r) }
