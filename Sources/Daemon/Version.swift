/// The version of the binary, as `faultline version` and `faultline_build_info` say it.
package enum Version {
    package static let current = "0.1.0"
}
