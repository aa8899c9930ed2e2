//: attacks: the binary that the next run might start from, by writing over itself
//: profile: run
//: endings: exit 0
//: twice: yes
static void attack() {
    attempt("write", open("program", O_WRONLY));
    if (rename("program", "gone")) _exit(1);
    int file = open("program", O_CREAT | O_WRONLY, 0755);
    if (write(file, "#!/bin/sh\necho reached the next run\n", 36) != 36) _exit(1);
}
