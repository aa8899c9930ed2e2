package main

import "fmt"

func find(numbers []int, wanted int) int {
	low, high := 0, len(numbers)-1
	for low <= high {
		middle := low + (high-low)/2
		switch {
		case numbers[middle] == wanted:
			return middle
		case numbers[middle] < wanted:
			low = middle + 1
		default:
			high = middle - 1
		}
	}
	return -1
}

func main() {
	numbers := []int{3, 6, 9, 14, 20, 31}
	fmt.Println(find(numbers, 14))
	fmt.Println(find(numbers, 15))
}
