package main

import (
	"errors"
	"fmt"
)

var errZero = errors.New("division by zero")

func divide(dividend, divisor int) (int, error) {
	if divisor == 0 {
		return 0, errZero
	}
	return dividend / divisor, nil
}

func main() {
	for _, pair := range [][2]int{{84, 2}, {7, 0}} {
		quotient, err := divide(pair[0], pair[1])
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(quotient)
	}
}
