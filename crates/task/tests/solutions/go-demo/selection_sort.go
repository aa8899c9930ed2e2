package main

import "fmt"

func main() {
	numbers := []int{6, 3, 9, 1, 5}
	for start := range numbers {
		least := start
		for at := start; at < len(numbers); at++ {
			if numbers[at] < numbers[least] {
				least = at
			}
		}
		numbers[start], numbers[least] = numbers[least], numbers[start]
	}
	for at, number := range numbers {
		if at > 0 {
			fmt.Print(" ")
		}
		fmt.Print(number)
	}
	fmt.Println()
}
