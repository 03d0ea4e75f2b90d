import Foundation
import Support

/// A share of time: `-`, `< 1 %`, `92 %`.
func shareText(_ share: Double) -> String {
    share == 0 ? "-" : share < 0.01 ? "< 1 %" : String(format: "%.0f %%", share * 100)
}

/// Errors among a count: `-`, `5 (0.2 %)`.
func errorText(_ count: Int, of all: Int) -> String {
    count == 0 ? "-" : "\(countText(count)) (\(percentText(Double(count) / Double(all))))"
}

/// `1 span`, `2,000 spans`.
func countText(_ count: Int, _ noun: String) -> String { "\(countText(count)) \(noun)\(count == 1 ? "" : "s")" }
