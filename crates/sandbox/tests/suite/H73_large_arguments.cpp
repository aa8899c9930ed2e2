//: attacks: the kernel's memory, by executing itself with the largest list of arguments
//: profile: run
//: endings: exit 0, signal *
//: limits: cpu_ms=1500
static void attack() {
    std::string big(1 << 17, 'a');
    big.resize((1 << 17) - 8);
    for (int count = 8; count <= 512; count *= 2) {
        std::vector<char *> words{(char *)"/bin/true"};
        for (int i = 0; i < count; i++) words.push_back(big.data());
        words.push_back(nullptr);
        pid_t child = fork();
        if (child == 0) { execv("/bin/true", words.data()); _exit(errno == E2BIG || errno == ENOMEM ? 7 : 8); }
        int status = 0;
        waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 8) puts("reached another error");
    }
}
