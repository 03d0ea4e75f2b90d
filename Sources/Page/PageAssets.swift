/// The files of the page, embedded in the binary: nothing has to be installed beside it.
package enum PageAssets {
    /// What `/` answers; it loads the others.
    package static let page = Asset("index.html", PackageResources.index_html)

    /// In the order of their names.
    package static let all: [Asset] = [
        Asset("api.js", PackageResources.api_js),
        Asset("areachart.js", PackageResources.areachart_js),
        Asset("areas.js", PackageResources.areas_js),
        Asset("brush.js", PackageResources.brush_js),
        Asset("charts.css", PackageResources.charts_css),
        Asset("clipboard.js", PackageResources.clipboard_js),
        Asset("components.css", PackageResources.components_css),
        Asset("dom.js", PackageResources.dom_js),
        Asset("evidence.js", PackageResources.evidence_js),
        Asset("format.js", PackageResources.format_js),
        Asset("heatmap.js", PackageResources.heatmap_js),
        Asset("icon.svg", PackageResources.icon_svg),
        Asset("incidents.js", PackageResources.incidents_js),
        Asset("index.html", PackageResources.index_html),
        Asset("kindview.js", PackageResources.kindview_js),
        Asset("lane.js", PackageResources.lane_js),
        Asset("legend.js", PackageResources.legend_js),
        Asset("live.js", PackageResources.live_js),
        Asset("main.js", PackageResources.main_js),
        Asset("operations.js", PackageResources.operations_js),
        Asset("page.css", PackageResources.page_css),
        Asset("range.js", PackageResources.range_js),
        Asset("requests.js", PackageResources.requests_js),
        Asset("runbook.css", PackageResources.runbook_css),
        Asset("scale.js", PackageResources.scale_js),
        Asset("sources.js", PackageResources.sources_js),
        Asset("spandetails.js", PackageResources.spandetails_js),
        Asset("sparkline.js", PackageResources.sparkline_js),
        Asset("state.js", PackageResources.state_js),
        Asset("table.js", PackageResources.table_js),
        Asset("streams.js", PackageResources.streams_js),
        Asset("tabs.js", PackageResources.tabs_js),
        Asset("tracelist.js", PackageResources.tracelist_js),
        Asset("traces.css", PackageResources.traces_css),
        Asset("traceview.js", PackageResources.traceview_js),
        Asset("verdict.js", PackageResources.verdict_js),
        Asset("vocabulary.js", PackageResources.vocabulary_js),
        Asset("waterfall.js", PackageResources.waterfall_js),
    ]

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    package static func named(_ name: String) -> Asset? { byName[name] }
}

/// A file of the page: what a browser is sent, unchanged.
package struct Asset: Sendable {
    /// The last component of its URL.
    package let name: String
    package let content: [UInt8]
    /// Strong: it changes with the content, whatever the release.
    package let entityTag: String

    init(_ name: String, _ content: [UInt8]) {
        self.name = name
        self.content = content
        entityTag = "\"\(String(Self.hash(content), radix: 16))\""
    }

    package var contentType: String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        default: "image/svg+xml"
        }
    }

    /// FNV-1a. Only this binary's own files are compared, so collisions can't be provoked.
    private static func hash(_ content: [UInt8]) -> UInt64 {
        content.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
