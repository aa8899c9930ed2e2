//: attacks: the collector, by names that are not a single component and by standing elsewhere
//: profile: run
//: endings: exit 0
//: collect: out
//: collected: out
static void attack() {
    if (mkdir("deep", 0700) || chdir("deep")) _exit(1);
    close(open("out", O_CREAT | O_WRONLY, 0600));
    if (chdir("..")) _exit(1);
    close(open("out", O_CREAT | O_WRONLY, 0600));
    if (chdir("/")) _exit(1);
    attempt("remove the scratch", rmdir("/box"));
    attempt("move the scratch", rename("/box", "/usr/box"));
}
