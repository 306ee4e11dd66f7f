"""Every address of the site, in the order in which a visitor meets them."""

from django.contrib import admin
from django.urls import path, register_converter
from django.urls.converters import StringConverter

from advisor import links
from advisor.admin import again, examples, history, imports, notsent, passkeys, rescue, shelf, signin, simulator, waysin
from advisor.admin.first_editor import first_editor
from advisor.views import (
    changes,
    compare,
    enquiries,
    errors,
    health,
    pages,
    record,
    results,
    saved,
    signals,
    watch,
    wizard,
)


class Step(StringConverter):
    """The name of a question in its address."""

    regex = "|".join(links.KEYS)


register_converter(Step, "step")

urlpatterns = [
    path("", pages.home, name="home"),
    path("advice/", results.result, name="result"),
    path("advice/<step:step>/", wizard.question, name="question"),
    path("advice/keep/", saved.keep, name="keep"),
    path("r/<str:token>/", saved.saved, name="saved"),
    path("manage/<str:token>/", saved.manage, name="manage"),
    path("manage/<str:token>/watch/", watch.ask, name="watch-ask"),
    path("watch/<str:token>/", watch.watch, name="watch"),
    path("advice/check/", wizard.check, name="check"),
    path("advice/so-far/", wizard.so_far, name="so_far"),
    path("advice/goals/find/", wizard.find, name="find"),
    path("advice/goals/not-listed/", signals.not_listed, name="not-listed"),
    path("advice/useful/", signals.useful, name="useful"),
    path("advice/wrong/", signals.wrong, name="wrong"),
    path("advice/thanks/<str:kind>/", signals.thanks, name="thanks"),
    path("advice/record/", record.page, name="record"),
    path("advice/record.pdf", record.pdf, name="record-pdf"),
    path("advice/record.md", record.markdown, name="record-md"),
    path("advice/record.json", record.data, name="record-json"),
    path("advice/to-do/", record.to_do, name="to-do"),
    path("advice/review.ics", record.review, name="review"),
    path("r/<str:token>/record/", record.kept_page, name="saved-record"),
    path("r/<str:token>/record.pdf", record.kept_pdf, name="saved-record-pdf"),
    path("r/<str:token>/record.md", record.kept_markdown, name="saved-record-md"),
    path("r/<str:token>/record.json", record.kept_data, name="saved-record-json"),
    path("r/<str:token>/to-do/", record.kept_to_do, name="saved-to-do"),
    path("r/<str:token>/review.ics", record.kept_review, name="saved-review"),
    path("compare/", compare.compare, name="compare"),
    path("how-it-decides/", pages.rules, name="rules"),
    path("how-it-decides/changes/", changes.changes, name="changes"),
    path("how-it-decides/changes/feed.atom", changes.feed, name="feed"),
    path("how-it-decides/changes/<int:one>-<int:two>/", changes.compare, name="compare-releases"),
    path("kinds-of-ai/", pages.kinds, name="kinds"),
    path("tools/", pages.tools, name="tools"),
    path("glossary/", pages.glossary, name="glossary"),
    path("about/", pages.about, name="about"),
    path("talk/", enquiries.talk, name="talk"),
    path("talk/sent/<str:reference>/", enquiries.sent, name="sent"),
    path("privacy/", pages.privacy, name="privacy"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("report-a-mistake/", pages.report, name="report"),
    path("favicon.ico", pages.favicon),
    path("logo-<str:digest>.png", pages.logo, name="logo"),
    path("robots.txt", pages.robots, name="robots"),
    path(".well-known/security.txt", pages.security_txt, name="security-txt"),
    path("sitemap.xml", pages.sitemap, name="sitemap"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/first-editor/<str:token>/", first_editor, name="first-editor"),
    path("admin/login/second-step/", signin.second_step, name="second-step"),
    path("admin/login/again/", again.again, name="again"),
    path("admin/login/passkey/options/", passkeys.login_options, name="passkey-options"),
    path("admin/login/passkey/", passkeys.log_in, name="passkey-login"),
    path("admin/ways-in/passkey/options/", passkeys.add_options, name="ways-in-passkey-options"),
    path("admin/ways-in/passkey/", passkeys.add, name="ways-in-passkey"),
    path("admin/rescue/<str:token>/", rescue.rescue, name="rescue"),
    path("admin/ways-in/", waysin.ways_in, name="ways-in"),
    path("admin/ways-in/app/", waysin.app, name="ways-in-app"),
    path("admin/ways-in/codes/", waysin.codes, name="ways-in-codes"),
    path("admin/ways-in/remove/", waysin.remove, name="ways-in-remove"),
    path("admin/advisor/enquiry/<int:pk>/advice/", enquiries.advice_sent_along, name="advice-sent-along"),
    path("admin/simulator/", admin.site.admin_view(simulator.simulator), name="simulator"),
    path("admin/simulator/example/", admin.site.admin_view(examples.make_example), name="simulator-example"),
    path("admin/simulator/coverage/", admin.site.admin_view(examples.coverage), name="coverage"),
    path(
        "admin/simulator/record/<str:section>/<str:slug>/",
        admin.site.admin_view(simulator.record),
        name="simulator-record",
    ),
    path("admin/import-export/", admin.site.admin_view(imports.choose), name="import-export"),
    path("admin/import-export/draft.xlsx", admin.site.admin_view(imports.spreadsheet), name="draft-xlsx"),
    path("admin/import-export/draft.json", admin.site.admin_view(imports.document), name="draft-json"),
    path("admin/import-export/<uuid:pk>/", admin.site.admin_view(imports.confirm), name="import"),
    path("admin/shelf-life/", admin.site.admin_view(shelf.queue), name="shelf-life"),
    path("admin/shelf-life/renew/", admin.site.admin_view(shelf.renew), name="shelf-life-renew"),
    path("admin/shelf-life/give/", admin.site.admin_view(shelf.give), name="shelf-life-give"),
    path("admin/not-sent/<str:token>/", admin.site.admin_view(notsent.not_sent), name="not-sent"),
    path("admin/history/version/<int:pk>/", admin.site.admin_view(history.back), name="back-to-version"),
    path("admin/history/order/<str:section>/", admin.site.admin_view(history.order_history), name="order-history"),
    path("admin/history/deleted/", admin.site.admin_view(history.deleted), name="deleted"),
    path("admin/", admin.site.urls),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
