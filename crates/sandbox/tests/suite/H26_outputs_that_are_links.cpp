//: attacks: the collector, by links, folders, pipes, sockets and doubles under the wanted names
//: profile: run
//: endings: exit 0
//: collect: absolute relative dangling folder pipe socket double hidden loop plain
//: collected: plain
static void attack() {
    std::string bait = split(told("files"))[0];
    int bad = symlink(bait.c_str(), "absolute") | symlink("plain", "relative") | symlink("nowhere", "dangling");
    bad |= mkdir("folder", 0700) | mkfifo("pipe", 0600) | symlink("loop", "loop");
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{AF_UNIX, "socket"};
    bad |= s >= 0 && bind(s, (sockaddr *)&address, sizeof address);
    close(open("double", O_CREAT | O_WRONLY, 0600));
    bad |= link("double", "other name");
    close(open("hidden", O_CREAT | O_WRONLY, 0000));
    int file = open("plain", O_CREAT | O_WRONLY, 0600);
    bad |= write(file, "text", 4) != 4;
    if (bad) _exit(1);
}
