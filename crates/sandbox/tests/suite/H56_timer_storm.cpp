//: attacks: the kernel's timers and signal queues, by as many as it gives
//: profile: run
//: endings: exit 0, cpu, signal 14
//: limits: cpu_ms=1000
static void attack() {
    for (int i = 1; i < 65; i++) signal(i, SIG_IGN);
    int made = 0;
    timer_t timer;
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGRTMIN;
    while (made < 100000 && timer_create(CLOCK_MONOTONIC, &event, &timer) == 0) {
        itimerspec fast{{0, 1000}, {0, 1000}};
        timer_settime(timer, 0, &fast, nullptr);
        made++;
    }
    puts(made <= 64 ? "bounded" : "reached more timers");
    itimerval often{{0, 1}, {0, 1}};
    setitimer(ITIMER_REAL, &often, nullptr);
    usleep(20000);
}
