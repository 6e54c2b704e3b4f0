package evidence_test

import (
	"testing"

	"assent/evidence"
)

func TestUnmarshalRefusesNull(t *testing.T) {
	type inner struct {
		Deep string `json:"deep"`
	}
	type outer struct {
		inner
		Text  string          `json:"text,omitempty"`
		At    *evidence.Time  `json:"at"`
		List  []inner         `json:"list"`
		Words []string        `json:"words"`
		One   *inner          `json:"one"`
		Sum   evidence.Digest `json:"sum"`
	}
	for s, ok := range map[string]bool{
		`{}`: true, `{"text":"null"}`: true, `{"other":null}`: true, `{"other":{"text":null}}`: true, `{"list":[{"other":null}]}`: true, `{"Text":null}`: true, `{"one":{"deep":"null"}}`: true,
		`null`: false, `{"text":null}`: false, `{"at":null}`: false, `{"list":null}`: false, `{"list":[null]}`: false, `{"list":[{"deep":null}]}`: false, `{"words":["a",null]}`: false,
		`{"one":null}`: false, `{"one":{"deep":null}}`: false, `{"deep":null}`: false, `{"sum":null}`: false, `{"text":"a","text":"b"}`: false, `{"text":1}`: false, `{"text":"a"}x`: false,
	} {
		if err := evidence.Unmarshal([]byte(s), new(outer)); (err == nil) != ok {
			t.Errorf("%s: %v", s, err)
		}
	}
}
