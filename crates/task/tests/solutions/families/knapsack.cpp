#include <algorithm>
#include <cstdio>
#include <vector>

int main() {
    const std::vector<int> weights = {$weights}, worths = {$worths};
    std::vector<int> best($capacity + 1);
    for (std::size_t item = 0; item < weights.size(); ++item) {
        for (int held = $capacity; held >= weights[item]; --held) {
            best[held] = std::max(best[held], best[held - weights[item]] + worths[item]);
        }
    }
    std::printf("%d\n", best[$capacity]);
}
