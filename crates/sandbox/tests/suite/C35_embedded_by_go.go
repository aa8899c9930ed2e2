//: attacks: files of the host, by the directive that embeds them and the one that calls the C compiler
//: profile: compile
//: endings: exit 1
//: never: root:
//: collect: program
//: collected:
package main

// #cgo LDFLAGS: -Wl,--version-script=/etc/passwd
// #include "/etc/passwd"
import "C"
import _ "embed"

//go:embed /etc/passwd
var secret string

//go:generate cat /etc/passwd

//go:linkname stolen runtime.environ
func stolen() []string

func main() { println(secret) }
