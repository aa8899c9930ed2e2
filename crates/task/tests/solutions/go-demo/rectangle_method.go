package main

import "fmt"

// Rectangle has whole sides.
type Rectangle struct {
	Width, Height int
}

// Area is width times height.
func (r Rectangle) Area() int {
	return r.Width * r.Height
}

func main() {
	fmt.Println(Rectangle{Width: 8, Height: 9}.Area())
}
