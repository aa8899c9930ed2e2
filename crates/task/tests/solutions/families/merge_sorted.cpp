#include <algorithm>
#include <cstdio>
#include <iterator>
#include <vector>

int main() {
    const std::vector<int> left = {$left}, right = {$right};
    std::vector<int> all;
    std::merge(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(all));
    for (std::size_t at = 0; at < all.size(); ++at) {
        std::printf(at == 0 ? "%d" : " %d", all[at]);
    }
    std::puts("");
}
