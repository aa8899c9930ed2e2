#include <cstdio>

int fewest(int amount, int coin, const int *others) {
    if (amount == 0) {
        return 0;
    }
    if (coin == 0) {
        return 1000;
    }
    const int without = fewest(amount, *others, others + 1);
    if (amount < coin) {
        return without;
    }
    const int with = 1 + fewest(amount - coin, coin, others);
    return with < without ? with : without;
}

int main() {
    const int coins[] = {$coins, 0};
    std::printf("%d\n", fewest($amount, coins[0], coins + 1));
}
