#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

int main() {
    const std::string left = "$left", right = "$right";
    std::vector<std::vector<int>> best(left.size() + 1, std::vector<int>(right.size() + 1));
    for (std::size_t i = 1; i <= left.size(); ++i) {
        for (std::size_t j = 1; j <= right.size(); ++j) {
            best[i][j] = left[i - 1] == right[j - 1] ? best[i - 1][j - 1] + 1
                                                     : std::max(best[i - 1][j], best[i][j - 1]);
        }
    }
    std::printf("%d\n", best[left.size()][right.size()]);
}
