//: attacks: the start of programs, by scripts and binaries whose interpreter is a pipe, a device or itself
//: profile: run
//: endings: exit 0, cpu
static void attack() {
    if (mkfifo("pipe", 0700)) _exit(1);
    for (const char *line : {"#!/box/pipe\n", "#!/dev/zero\n", "#!/box/script\n", "#!/box\n", "#! \n", "#!/usr/bin/env /box/script\n"}) {
        int file = open("script", O_CREAT | O_TRUNC | O_WRONLY, 0755);
        if (write(file, line, strlen(line)) < 0) _exit(1);
        close(file);
        pid_t child = fork();
        if (child == 0) {
            alarm(1);
            execl("/box/script", "x", nullptr);
            _exit(5);
        }
        int status;
        waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) puts("reached a start");
    }
    int empty = open("/usr/bin/id", O_RDONLY);
    attempt("by descriptor of a pipe", syscall(SYS_execveat, 1, "", nullptr, nullptr, AT_EMPTY_PATH));
    attempt("a folder", execl("/box", "x", nullptr));
    close(empty);
}
