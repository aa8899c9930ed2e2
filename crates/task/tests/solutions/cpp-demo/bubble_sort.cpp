#include <cstdio>
#include <utility>

int main() {
    int numbers[] = {5, 2, 8, 1, 9};
    for (int end = 5; end > 1; --end) {
        for (int at = 1; at < end; ++at) {
            if (numbers[at] < numbers[at - 1]) {
                std::swap(numbers[at], numbers[at - 1]);
            }
        }
    }
    for (int at = 0; at < 5; ++at) {
        std::printf(at == 0 ? "%d" : " %d", numbers[at]);
    }
    std::printf("\n");
}
