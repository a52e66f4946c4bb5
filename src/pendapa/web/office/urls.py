"""Addresses of the office. Pages of their own come before the registers, whose names follow the mall's."""

from django.urls import path

from pendapa.web.office import (
    agencies,
    calendar_files,
    calendars,
    counters,
    devices,
    editing,
    histories,
    home,
    hours,
    imports,
    lines,
    lists,
    overview,
    people,
    person,
    places,
    regions,
    roster,
    roster_week,
    sections,
    services,
    services_edit,
    services_files,
    services_review,
    services_words,
)

sections.add_registers(*places.REGISTERS, *agencies.REGISTERS, *counters.REGISTERS, *lines.REGISTERS)
sections.add_registers(*hours.REGISTERS, people.PEOPLE, roster.ROSTER, devices.DEVICES)
sections.add_registers(*services.REGISTERS, *services_words.REGISTERS)

_MALL = "office/<slug:mall>/"
_REGISTER = f"{_MALL}<slug:register>/"

urlpatterns = [
    path("home/", home.show, name="home"),
    path("office/", overview.choose, name="office"),
    path("office/new/", places.new_mall, name="office_new_mall"),
    path("office/regions/", regions.look_up, name="office_regions"),
    *(
        path(f"{base}{rest}", view, name=f"{name}{part}")
        for base, name in (("office/calendar/", "office_national_calendar"), (f"{_MALL}calendar/", "office_calendar"))
        for rest, part, view in (
            ("", "", calendars.show),
            ("new/", "_new", calendars.add_day),
            ("confirm/", "_confirm", calendars.confirm),
            ("import/", "_import", calendar_files.upload),
            ("import/<slug:token>/", "_preview", calendar_files.preview),
            ("export.<slug:form>", "_export", calendar_files.export),
            ("<int:day>/", "_day", calendars.edit_day),
            ("<int:day>/withdraw/", "_withdraw", calendars.withdraw),
            ("<int:day>/reject/", "_reject", calendars.reject),
            ("<int:day>/restore/", "_restore", calendars.restore),
        )
    ),
    path(_MALL, overview.show, name="office_overview"),
    path(f"{_MALL}hours/week/", hours.week, name="office_hours_week"),
    path(f"{_MALL}hours/new/", hours.add_schedule, name="office_hours_new"),
    path(f"{_MALL}hours/<int:record>/", hours.edit_schedule, name="office_hours_edit"),
    path(f"{_MALL}identity/", places.identity, name="office_mall"),
    path(f"{_MALL}work-profiles/fill/", lines.fill, name="office_fill_profiles"),
    path(f"{_MALL}removed/", editing.removed_list, name="office_removed"),
    path(f"{_MALL}removed/<int:removed>/", editing.restore, name="office_restore"),
    path("devices/code/", devices.code, name="device_code"),
    path(f"{_MALL}devices/pair/", devices.pair, name="office_device_pair"),
    path(f"{_MALL}devices/<int:record>/state/", devices.state, name="office_device_state"),
    path(f"{_MALL}devices/<int:record>/lock/", devices.lock, name="office_device_lock"),
    path(f"{_MALL}devices/<int:record>/unlock/", devices.unlock, name="office_device_unlock"),
    path(f"{_MALL}devices/<int:record>/withdraw/", devices.withdraw, name="office_device_withdraw"),
    path(f"{_MALL}people/new/", people.invite, name="office_invite"),
    path(f"{_MALL}people/<int:record>/link/", person.link, name="office_person_link"),
    path(f"{_MALL}people/<int:record>/roles/", person.roles, name="office_person_roles"),
    path(f"{_MALL}people/<int:record>/roles/<int:role>/take/", person.take, name="office_person_take"),
    path(f"{_MALL}people/<int:record>/sign-out/", person.sign_out, name="office_person_sign_out"),
    path(f"{_MALL}people/<int:record>/second-factor/", person.second_factor, name="office_person_second_factor"),
    path(f"{_MALL}people/<int:record>/leave/", person.leave, name="office_person_leave"),
    path(f"{_MALL}people/<int:record>/come-back/", person.come_back, name="office_person_come_back"),
    path(f"{_MALL}roster/week/", roster_week.show, name="office_roster_week"),
    path(f"{_MALL}roster/copy/", roster.copy, name="office_roster_copy"),
    *(
        path(f"{_MALL}services/{rest}", view, name=f"office_service{name}")
        for rest, name, view in (
            ("new/", "_new", services_edit.add),
            ("changes/", "_changes", services_review.changes),
            ("import/", "_import", services_files.upload),
            ("import/<slug:token>/", "_fates", services_files.preview),
            ("export.<slug:form>", "_export", services_files.export),
            ("restore/<int:discarded>/", "_restore", services_review.restore),
            ("<int:record>/", "", services_edit.show),
            ("<int:record>/preview/", "_preview", services_edit.preview),
            ("<int:record>/submit/", "_submit", services_review.submit),
            ("<int:record>/review/", "_review", services_review.review),
            ("<int:record>/publish/", "_publish", services_review.publish),
            ("<int:record>/return/", "_return", services_review.return_),
            ("<int:record>/discard/", "_discard", services_review.discard),
            ("<int:record>/retire/", "_retire", services_review.retire),
            ("<int:record>/bring-back/", "_bring_back", services_review.bring_back),
            ("<int:record>/versions/", "_versions", services_review.versions),
            ("<int:record>/versions/<int:version>/", "_version", services_review.version),
            ("<int:record>/compare/", "_compare", services_review.compare),
        )
    ),
    path(_REGISTER, lists.show, name="office_list"),
    path(f"{_REGISTER}new/", editing.add, name="office_add"),
    path(f"{_REGISTER}import/", imports.upload, name="office_import"),
    path(f"{_REGISTER}import/example.<slug:form>", imports.example, name="office_example"),
    path(f"{_REGISTER}import/<slug:token>/", imports.preview, name="office_preview"),
    path(f"{_REGISTER}<int:record>/", editing.edit, name="office_edit"),
    path(f"{_REGISTER}<int:record>/history/", histories.show, name="office_history"),
    path(f"{_REGISTER}<int:record>/remove/", editing.remove, name="office_remove"),
]
