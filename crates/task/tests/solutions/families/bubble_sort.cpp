#include <cstdio>
#include <utility>
#include <vector>

int main() {
    std::vector<int> numbers = {$numbers};
    for (std::size_t end = numbers.size(); end > 1; --end) {
        for (std::size_t at = 1; at < end; ++at) {
            if (numbers[at] < numbers[at - 1]) {
                std::swap(numbers[at], numbers[at - 1]);
            }
        }
    }
    for (std::size_t at = 0; at < numbers.size(); ++at) {
        std::printf(at == 0 ? "%d" : " %d", numbers[at]);
    }
    std::puts("");
}
