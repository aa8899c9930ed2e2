//: attacks: the meaning of an end, by code that runs before main and after it
//: profile: run
//: alone: yes
//: endings: exit 0
struct Early { Early() { setvbuf(stdout, nullptr, _IONBF, 0); atexit([] { finish(); }); } } early;
static void late(int, void *) { for (int fd = 3; fd < 256; fd++) if (fcntl(fd, F_GETFD) >= 0) puts("reached a descriptor"); }
__attribute__((constructor(101))) static void first() { on_exit(late, nullptr); }
int main() { return 77; }
