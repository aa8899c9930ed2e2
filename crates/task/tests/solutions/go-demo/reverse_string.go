package main

import "fmt"

func main() {
	runes := []rune("gopher")
	for left, right := 0, len(runes)-1; left < right; left, right = left+1, right-1 {
		runes[left], runes[right] = runes[right], runes[left]
	}
	fmt.Println(string(runes))
}
