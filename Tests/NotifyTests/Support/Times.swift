let second: Int64 = 1_000_000_000
let minute: Int64 = 60 * second
