import Foundation

/// A share, such as that of errors: `0`, `0.02 %`, `12.5 %`.
package func percentText(_ ratio: Double) -> String {
    ratio == 0 ? "0" : String(format: ratio < 0.001 ? "%.2f %%" : "%.1f %%", ratio * 100)
}
