/// The version shown by `faultline version` and `faultline_build_info`.
package enum Version {
    package static let current = "0.1.0"
}
