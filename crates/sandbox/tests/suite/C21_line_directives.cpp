//: attacks: files of the host, by errors that claim to be in them, so that the compiler quotes the line
//: profile: compile
//: endings: exit 1
//: never: root:
//: never: nologin
//: collect: program
//: collected:
# 1 "/etc/passwd"
int x = ;
# 1 "/etc/shadow"
int y = ;
# 1 "/proc/1/environ"
int z = ;
int main() {}
