package certificate_test
import ("testing";"os";"assent/locale")
func TestZZ(t *testing.T){ for _, tag := range locale.Tags() { os.WriteFile("/tmp/w/cert-"+tag+".pdf", write(t, sample(tag, english, "en")), 0o600) } }
