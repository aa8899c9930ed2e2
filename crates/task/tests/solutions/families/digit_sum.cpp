#include <cstdio>

int main() {
    int sum = 0;
    for (const char *at = "$n"; *at != 0; ++at) {
        sum += *at - '0';
    }
    std::printf("%d\n", sum);
}
