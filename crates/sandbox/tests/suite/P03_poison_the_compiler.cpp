//: attacks: the compiler of the next run, by headers and precompiled ones beside the system's
//: profile: run
//: endings: exit 0
//: twice: yes
static void attack() {
    for (const char *path : {"/usr/include/stdio.h", "/usr/include/c++/12/vector.gch", "/usr/local/include/vector",
                             "/usr/lib/gcc/x86_64-linux-gnu/12/specs", "/usr/lib/x86_64-linux-gnu/libc.so", "/etc/ld.so.conf"}) {
        attempt("write", open(path, O_CREAT | O_WRONLY, 0644));
        attempt("remove", unlink(path) == 0 ? 0 : -1);
        attempt("link", symlink("/box/evil", path));
    }
}
