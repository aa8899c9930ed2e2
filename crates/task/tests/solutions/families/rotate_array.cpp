#include <cstdio>
#include <vector>

int main() {
    const std::vector<int> numbers = {$numbers};
    for (std::size_t at = 0; at < numbers.size(); ++at) {
        std::printf(at == 0 ? "%d" : " %d", numbers[(at + $steps) % numbers.size()]);
    }
    std::puts("");
}
