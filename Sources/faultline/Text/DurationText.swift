import Foundation

/// A duration for people: three significant digits and a unit.
func durationText(seconds: Double) -> String {
    let units: [(scale: Double, name: String)] = [(1, "s"), (1e-3, "ms"), (1e-6, "µs")]
    let unit = units.first { seconds >= $0.scale } ?? (1e-9, "ns")
    let value = seconds / unit.scale
    let digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
    return String(format: "%.\(digits)f", value) + " " + unit.name
}

/// A share for people.
func percentText(_ ratio: Double) -> String {
    ratio == 0 ? "0" : String(format: ratio < 0.001 ? "%.2f %%" : "%.1f %%", ratio * 100)
}
