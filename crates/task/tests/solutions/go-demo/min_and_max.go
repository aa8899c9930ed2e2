package main

import "fmt"

func minAndMax(numbers []int) (int, int) {
	low, high := numbers[0], numbers[0]
	for _, number := range numbers {
		if number < low {
			low = number
		}
		if number > high {
			high = number
		}
	}
	return low, high
}

func main() {
	low, high := minAndMax([]int{12, 5, 27, 8, 19})
	fmt.Println(low, high)
}
