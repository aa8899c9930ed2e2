package main

import "fmt"

func main() {
	for n := 5; n > 0; n-- {
		fmt.Println(n)
	}
	fmt.Println("liftoff")
}
