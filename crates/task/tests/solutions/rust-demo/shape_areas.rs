enum Shape {
    Square(u32),
    Rectangle(u32, u32),
}

impl Shape {
    fn area(&self) -> u32 {
        match self {
            Shape::Square(side) => side * side,
            Shape::Rectangle(width, height) => width * height,
        }
    }
}

fn main() {
    for shape in [Shape::Square(6), Shape::Rectangle(3, 7)] {
        println!("{}", shape.area());
    }
}
