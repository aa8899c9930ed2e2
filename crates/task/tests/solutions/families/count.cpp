#include <cstdio>

int main() {
    for (int n = $from; n <= $to; ++n) {
        std::printf("%d\n", n);
    }
}
