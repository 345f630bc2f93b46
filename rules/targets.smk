# A target that no rule makes is told, with the one that may be meant, before jobs are planned.


def require_targets(targets):
    """Stop where a target is neither a rule nor made by one."""
    told = planning.unknown_targets(
        [target if os.path.isabs(target) else os.path.relpath(target) for target in targets],
        [rule.name for rule in workflow.rules if not rule.has_wildcards()],
        lambda target: any(rule.is_producer(target) for rule in workflow.rules),
        CONFIG,
    )
    if told:
        raise WorkflowError("\n".join(told))


if workflow.is_main_process:
    require_targets(planning.asked(sys.argv))
