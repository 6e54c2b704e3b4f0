package manage

import (
	"testing"

	"assent/funnel/lint"
)

// The sample's words say all that is demanded everywhere.
func TestSampleLintsClean(t *testing.T) {
	for _, def := range sampleFunnels {
		v := def.version("b")
		for _, f := range lint.Check(v, lint.Options{}) {
			if f.Severity == lint.Error {
				t.Errorf("%s: %s %s %v", def.slug, f.Code, f.Where, f.Params)
			}
		}
	}
}
