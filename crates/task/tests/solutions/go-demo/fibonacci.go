package main

import "fmt"

func fibonacci(n int) []int {
	numbers := make([]int, n)
	for at := range numbers {
		numbers[at] = at
		if at > 1 {
			numbers[at] = numbers[at-1] + numbers[at-2]
		}
	}
	return numbers
}

func main() {
	for at, number := range fibonacci(9) {
		if at > 0 {
			fmt.Print(" ")
		}
		fmt.Print(number)
	}
	fmt.Println()
}
