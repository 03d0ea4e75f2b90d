/// What the built-in alerts mean and what to do about them: the pages of docs/runbooks, embedded in the binary.
package enum Runbooks {
    /// Where the daemon shows the page of an alert, below its own address; nil if there is none.
    package static func path(of alert: String) -> String? { pages[alert].map { _ in "/runbooks/\(alert)" } }

    /// The page of an alert, in Markdown; nil if there is none.
    static func page(of alert: String) -> [UInt8]? { pages[alert] }

    private static let pages: [String: [UInt8]] = [
        "APIServerClusterListBurnsBudget": PackageResources.APIServerClusterListBurnsBudget_md,
        "APIServerErrors": PackageResources.APIServerErrors_md,
        "APIServerErrorsNow": PackageResources.APIServerErrorsNow_md,
        "APIServerMutatingBurnsBudget": PackageResources.APIServerMutatingBurnsBudget_md,
        "APIServerMutatingSlowNow": PackageResources.APIServerMutatingSlowNow_md,
        "APIServerNamespaceListBurnsBudget": PackageResources.APIServerNamespaceListBurnsBudget_md,
        "APIServerReadBurnsBudget": PackageResources.APIServerReadBurnsBudget_md,
        "APIServerSlowerNow": PackageResources.APIServerSlowerNow_md,
        "APIServerSlowerThanAnHourAgo": PackageResources.APIServerSlowerThanAnHourAgo_md,
        "APIServerStallsNow": PackageResources.APIServerStallsNow_md,
        "AllFiltersSlowerThanUsual": PackageResources.AllFiltersSlowerThanUsual_md,
        "AuditSlowerThanUsual": PackageResources.AuditSlowerThanUsual_md,
        "AuthenticationSlowNow": PackageResources.AuthenticationSlowNow_md,
        "CallsToOthersFailNow": PackageResources.CallsToOthersFailNow_md,
        "ComponentSilent": PackageResources.ComponentSilent_md,
        "ComponentSilentNow": PackageResources.ComponentSilentNow_md,
        "EtcdCallsFailing": PackageResources.EtcdCallsFailing_md,
        "EtcdCallsFailingNow": PackageResources.EtcdCallsFailingNow_md,
        "EtcdCallsSlowerNow": PackageResources.EtcdCallsSlowerNow_md,
        "EtcdCallsSlowerThanUsual": PackageResources.EtcdCallsSlowerThanUsual_md,
        "EtcdCallsSlowerThanYesterday": PackageResources.EtcdCallsSlowerThanYesterday_md,
        "EtcdConnectionBroke": PackageResources.EtcdConnectionBroke_md,
        "EtcdSlow": PackageResources.EtcdSlow_md,
        "EtcdSlowNow": PackageResources.EtcdSlowNow_md,
        "EtcdSlowerThanUsual": PackageResources.EtcdSlowerThanUsual_md,
        "EtcdSlowerThanYesterday": PackageResources.EtcdSlowerThanYesterday_md,
        "FiltersSlowerThanUsual": PackageResources.FiltersSlowerThanUsual_md,
        "KubeAPIErrorBudgetBurn": PackageResources.KubeAPIErrorBudgetBurn_md,
        "RequestsOfOneKindFailNow": PackageResources.RequestsOfOneKindFailNow_md,
        "RequestsOfOneKindSlowerNow": PackageResources.RequestsOfOneKindSlowerNow_md,
        "RequestsOfOneKindWaitUnusually": PackageResources.RequestsOfOneKindWaitUnusually_md,
        "RequestsOfOneVerbSlowerNow": PackageResources.RequestsOfOneVerbSlowerNow_md,
        "RequestsSlowerNow": PackageResources.RequestsSlowerNow_md,
        "RequestsSlowerThanYesterday": PackageResources.RequestsSlowerThanYesterday_md,
        "RequestsWaitOutsideNow": PackageResources.RequestsWaitOutsideNow_md,
        "RequestsWaitOutsideUnusually": PackageResources.RequestsWaitOutsideUnusually_md,
        "WebhookSlow": PackageResources.WebhookSlow_md,
        "WebhookSlowNow": PackageResources.WebhookSlowNow_md,
        "WebhookSlowerThanUsual": PackageResources.WebhookSlowerThanUsual_md,
        "WebhooksSlowerThanYesterday": PackageResources.WebhooksSlowerThanYesterday_md,
        "WritesOfOneResourceWaitUnusually": PackageResources.WritesOfOneResourceWaitUnusually_md,
    ]
}
