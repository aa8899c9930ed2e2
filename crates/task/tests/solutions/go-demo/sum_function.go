package main

import "fmt"

func sum(left, right int) int {
	return left + right
}

func main() {
	fmt.Println(sum(19, 23))
}
