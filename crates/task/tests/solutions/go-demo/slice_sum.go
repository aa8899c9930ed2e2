package main

import "fmt"

func main() {
	sum := 0
	for _, number := range []int{11, 22, 33, 44} {
		sum += number
	}
	fmt.Println(sum)
}
