#include <cstdio>

int main() {
    const char *left = "$left", *right = "$right";
    int differing = 0;
    for (int at = 0; left[at] != 0; ++at) {
        differing += left[at] != right[at];
    }
    std::printf("%d\n", differing);
}
