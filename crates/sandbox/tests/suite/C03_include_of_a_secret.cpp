//: attacks: files of the host, by including them so that the diagnostics quote them
//: profile: compile
//: endings: exit 1
//: says: No such file
//: never: root:
//: collect: program
//: collected:
//: t2-says: Permission denied
#include "/etc/passwd"
#include "/etc/shadow"
#include "/proc/self/environ"
#include "/usr/../etc/passwd"
#include <../../../../../../etc/passwd>
#include_next </etc/hostname>
int main() {}
