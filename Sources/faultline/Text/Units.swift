import Foundation
import Support

/// A share of time: `-`, `<1 %`, `92 %`.
func shareText(_ share: Double) -> String {
    share == 0 ? "-" : share < 0.01 ? "<1 %" : String(format: "%.0f %%", share * 100)
}

/// Errors among a count: `-`, `5 (0.2 %)`.
func errorText(_ count: Int, of all: Int) -> String {
    count == 0 ? "-" : "\(count) (\(percentText(Double(count) / Double(all))))"
}

/// Events per second: `0.3/s`, `18.5/s`, `1250/s`.
func rateText(_ perSecond: Double) -> String {
    perSecond == 0 ? "0/s" : String(format: perSecond < 100 ? "%.1f/s" : "%.0f/s", perSecond)
}

/// `1 span`, `2 spans`.
func countText(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
