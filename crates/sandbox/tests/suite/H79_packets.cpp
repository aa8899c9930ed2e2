//: attacks: the reader of the output, by thousands of tiny packets and changes of the pipe
//: profile: run
//: endings: exit 0, cpu
//: limits: cpu_ms=2000
static void attack() {
    fcntl(1, F_SETFL, O_DIRECT | O_NONBLOCK | O_ASYNC | O_APPEND);
    for (int i = 0; i < 20000; i++) if (write(1, "\n", 1) < 0) usleep(100);
    fcntl(1, F_SETPIPE_SZ, 4096);
    fcntl(1, F_SETFL, 0);
}
