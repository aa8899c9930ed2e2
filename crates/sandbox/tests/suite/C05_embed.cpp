//: attacks: files of the host, by embedding and by asking whether they exist
//: profile: compile
//: endings: exit 1
//: never: it is there
//: says: it is absent
//: collect: program
//: collected:
//: t2-says: Permission denied
#if __has_include("/etc/passwd") || __has_include("/proc/self/maps") || __has_include("/root/.profile")
#error it is there
#else
#error it is absent
#endif
const char secret[] = {
#embed "/etc/passwd"
};
int main() {}
