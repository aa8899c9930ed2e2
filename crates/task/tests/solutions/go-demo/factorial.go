package main

import "fmt"

func factorial(n int) int {
	if n < 2 {
		return 1
	}
	return n * factorial(n-1)
}

func main() {
	fmt.Println(factorial(10))
}
